// Small peers for the end-to-end scripts.
//   node peer.mjs send PORT FILE         sends the file's bytes as one MLLP message and prints the answer, a segment a line
//   node peer.mjs receive PORT FOLDER    writes each MLLP message to FOLDER/N.hl7 and answers as FOLDER/answer says at that moment:
//                                        AA | AE | AR | wrong (AA for another control id) | close (no answer)
//   node peer.mjs tamper PORT TO         forwards to port TO; the last digit of the first UID under 2.25 after the association
//                                        request, which a C-STORE command holds, becomes another one
import fs from 'node:fs';
import net from 'node:net';

const [mode, port, path] = process.argv.slice(2);
const framed = (text) => Buffer.concat([Buffer.from([0x0b]), Buffer.from(text), Buffer.from([0x1c, 0x0d])]);

/** Calls `found` with the bytes of each frame. */
function frames(socket, found) {
  let bytes = Buffer.alloc(0);
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    for (let end = bytes.indexOf('\x1c\r'); end >= 0; end = bytes.indexOf('\x1c\r')) {
      found(bytes.subarray(bytes.indexOf(0x0b) + 1, end));
      bytes = bytes.subarray(end + 2);
    }
  });
}

function send() {
  const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(framed(fs.readFileSync(path))));
  const fail = (fault) => {
    console.error(fault.message);
    process.exit(1);
  };
  socket.setTimeout(60000, () => fail(new Error('no answer in a minute')));
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('closed without an answer')));
  frames(socket, (answer) => {
    console.log(answer.toString().replaceAll('\r', '\n'));
    process.exit(0);
  });
}

function receive() {
  let count = 0;
  const taken = (socket) => (message) => {
    const file = `${path}/${++count}`;
    fs.writeFileSync(`${file}.part`, message);
    fs.renameSync(`${file}.part`, `${file}.hl7`);
    const how = fs.readFileSync(`${path}/answer`, 'utf8').trim();
    if (how === 'close') return socket.destroy();
    const header = message.toString().split('\r')[0].split('|');
    const [code, id] = how === 'wrong' ? ['AA', 'ANOTHER'] : [how, header[9]];
    return socket.write(framed(`MSH|^~\\&|RIS|TEST|${header[2]}|${header[3]}|20260101||ACK^R01^ACK|R${count}|P|2.5.1\rMSA|${code}|${id}\r`));
  };
  net.createServer((socket) => frames(socket.on('error', () => {}), taken(socket))).listen(Number(port), '127.0.0.1');
}

function tamper() {
  net.createServer((client) => {
    const server = net.connect(Number(path), '127.0.0.1');
    let chunks = 0, done = false;
    client.on('data', (bytes) => {
      const found = !done && ++chunks > 1 ? /2\.25\.\d+/.exec(bytes.toString('latin1')) : null;
      if (found) {
        const last = found.index + found[0].length - 1;
        bytes[last] = bytes[last] === 0x31 ? 0x32 : 0x31;
        done = true;
      }
      server.write(bytes);
    });
    server.pipe(client);
    client.on('error', () => server.destroy()).on('end', () => server.end());
    server.on('error', () => client.destroy());
  }).listen(Number(port), '127.0.0.1');
}

({ send, receive, tamper })[mode]();
