// smtp-server (npm) as a server that discards. Argument: a port.
const { SMTPServer } = require('smtp-server');

new SMTPServer({
  name: 'bench.example.org',
  authOptional: true,
  disableReverseLookup: true,
  disabledCommands: ['STARTTLS'],
  size: 64 << 20,
  socketTimeout: 600000,
  onData(stream, session, callback) {
    stream.on('data', () => {});
    stream.on('end', () => callback());
  }
}).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
