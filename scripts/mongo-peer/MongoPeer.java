// A MongoDB-protocol server on a port of choice, which its own main class does not offer: MongoPeer <port> <file>.
// Keeps its data in that file over a restart; port 0 takes a free one, and the first line of output says which.

import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.net.InetSocketAddress;

class MongoPeer {
  public static void main(String[] arguments) {
    MongoServer server = new MongoServer(new H2Backend(arguments[1]));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    System.out.println(server.getLocalAddress().getPort());
  }
}
