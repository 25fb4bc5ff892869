// `npm run migration -- <name>`: writes what the entities need and the last migration lacks, by the committed snapshot.
