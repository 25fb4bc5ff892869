// A message gateway that answers at once, as plain as node:http allows: it shall hold nobody up. It remembers what it was
// asked, unless it is FORGETFUL: GET /received gives the bodies, one on a line, DELETE /received forgets them; ?count says
// how many there are.
import { createServer } from 'node:http';

const ok = Buffer.from('{"code":0,"message":"OK"}');
const head = { 'content-type': 'application/json', 'content-length': ok.length };
const forgetful = process.env.FORGETFUL === '1';
let received = [];

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  if (request.method !== 'POST') return tell(request, response);
  let body;
  request.on('data', (chunk) => {
    body = body ? Buffer.concat([body, chunk]) : chunk;
  });
  request.on('end', () => {
    if (!forgetful) received.push({ path: request.url, at: Date.now(), body });
    response.writeHead(200, head);
    response.end(ok);
  });
});

function tell({ method, url }, response) {
  if (method === 'DELETE') received = [];
  else if (url.endsWith('?count')) response.write(String(received.length));
  else for (const { path, at, body } of received) response.write(`${at} ${path} ${body}\n`);
  response.end();
}

server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
process.on('message', () => process.send(process.cpuUsage()));
process.on('disconnect', () => process.exit());
