// Runs beside a compiled Compact contract, inside the box: plays call sequences, sends back data.
//
//     node driver.mjs RUNTIME        (in the folder where `out/contract/index.js` lies)
//
// RUNTIME is the node_modules folder that has @midnight-ntwrk/compact-runtime. A request is a play:
// constructor arguments, then calls, each with what the witnesses answer, who calls and when. The
// answer tells of every call whether it was carried out, what it returned and what the ledger then
// held. Requests come on descriptor 3 and answers leave on 4, each after four bytes of length; the
// codec is that of `python/driver.py`. Nothing that is expected is in here.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const LONGEST_MESSAGE = 1 << 20;
// As `python/driver.py` has them.
const LONGEST_NAME = 100;
const LONGEST_REASON = 1000;

// ---------------------------------------------------------------- the codec

// An object with one of these keys, which no struct's field may be called, is not a struct.
const ENUM = 'enum';
const PURE = 'pure';
const LEDGER = 'ledger';

function decode(tree) {
  if (tree === null || typeof tree !== 'object') return tree;
  if (Array.isArray(tree)) return tree.map(decode);
  if ('int' in tree) return BigInt(tree.int);
  if ('bytes' in tree) return new Uint8Array(Buffer.from(tree.bytes, 'base64'));
  if ('dict' in tree) return Object.fromEntries(tree.dict.map(([key, value]) => [key, decode(value)]));
  throw new Error(`an unknown tag: ${Object.keys(tree)}`);
}

function encode(value) {
  switch (typeof value) {
    case 'undefined':
      return 'null';
    case 'boolean':
      return String(value);
    case 'number': // an enum's
    case 'bigint':
      return `{"int":"${value}"}`;
    case 'string':
      return encodeText(value);
    case 'object':
      break;
    default:
      throw new Error(`no plain data: ${typeof value}`);
  }
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return `{"bytes":"${Buffer.from(value).toString('base64')}"}`;
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `[${encodeText(key)},${encode(value[key])}]`);
  return `{"dict":[${pairs.join(',')}]}`;
}

function encodeText(text) {
  return text.isWellFormed()
    ? JSON.stringify(text)
    : encodeText(text.toWellFormed()); // no Compact string has lone surrogates
}

// ---------------------------------------------------------------- the ledger as data

// What the exported ledger fields hold: cells as their values, containers by what can be read of
// them from outside the chain. Maps and sets are sorted, since they have no order of their own.
function snapshot(fields) {
  const found = {};
  for (const name of Object.keys(fields)) found[name] = contents(fields[name]);
  return found;
}

function contents(field) {
  if (field === null || typeof field !== 'object' || field instanceof Uint8Array) return field;
  if (typeof field.root === 'function') {
    return { root: field.root().field, next: field.firstFree() };
  }
  if (typeof field[Symbol.iterator] === 'function' && !Array.isArray(field)) {
    const items = [...field];
    if (typeof field.lookup === 'function') return sorted(items.map(([key, held]) => [key, contents(held)]));
    return typeof field.head === 'function' ? items.map(contents) : sorted(items);
  }
  return field;
}

function sorted(items) {
  const keyed = items.map((item) => [encode(item), item]);
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return keyed.map(([, item]) => item);
}

// ---------------------------------------------------------------- a play

class Play {
  constructor(contract, runtime, request) {
    this.contract = contract;
    this.runtime = runtime;
    this.request = request;
    this.answers = {};
    this.address = runtime.dummyContractAddress();
    const witnesses = {};
    for (const name of request.witnesses) {
      witnesses[name] = (context, ...given) => [context.privateState, this.answer(name, given)];
    }
    this.instance = new contract.Contract(witnesses);
  }

  run() {
    const { constructor: start, calls } = this.request;
    const told = [this.attempt(start, () => this.construct(start))];
    if (this.state === undefined) return told;
    for (const call of calls) {
      const { state, written } = this;
      told.push(this.attempt(call, () => this.call(call)));
      // What is tried aside has not happened.
      if (call.aside) Object.assign(this, { state, written });
    }
    return told;
  }

  // [whether it was carried out, the arguments as they were, the result, the ledger].
  // The ledger is given where it differs from the one before.
  attempt(call, carryOut) {
    this.answers = call.witnesses;
    let given, result;
    try {
      given = call.arguments.map((value) => this.resolve(value));
      result = carryOut.call(this, (call.given = given));
    } catch (error) {
      if (error instanceof NotThere) throw error;
      return [false, given ?? null, String(error?.message ?? error).slice(0, LONGEST_REASON), null];
    }
    const ledger = snapshot(this.contract.ledger(this.state));
    const written = encode(ledger);
    const changed = written !== this.written;
    this.written = written;
    return [true, given, result, changed ? ledger : null];
  }

  construct(start) {
    const context = this.runtime.createConstructorContext({}, start.caller);
    const made = this.instance.initialState(context, ...start.given);
    this.state = made.currentContractState.data;
    return [];
  }

  call(call) {
    const circuit = this.instance.circuits[call.call];
    if (circuit === undefined) throw new Error(`no circuit ${call.call}`);
    const context = this.runtime.createCircuitContext(
      this.address, call.caller, this.state, {}, undefined, undefined, Number(call.time),
    );
    const done = circuit(context, ...call.given);
    this.state = done.context.currentQueryContext.state;
    return done.result;
  }

  // What a witness says. A path into a tree is looked up in the ledger when it is asked for.
  answer(name, given) {
    if (!(name in this.answers)) throw new Error(`witness ${name} is not to be asked here`);
    return this.resolve(this.answers[name], given);
  }

  resolve(value, given = []) {
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
    if (Array.isArray(value)) return value.map((item) => this.resolve(item, given));
    if (ENUM in value) return Number(value[ENUM]);
    if (PURE in value) {
      const [name, ...rest] = value[PURE];
      const circuit = this.contract.pureCircuits[name];
      if (circuit === undefined) throw new Error(`no pure circuit ${name}`);
      return circuit(...rest.map((item) => this.resolve(item, given)));
    }
    if (LEDGER in value) return this.look(value[LEDGER].map((item) => this.resolve(item, given)));
    return Object.fromEntries(
      Object.entries(value).map(([key, held]) => [key, this.resolve(held, given)]),
    );
  }

  // ["tree", leaf] is the path of a leaf; ["tree", leaf, index] that of the leaf as if it lay at
  // index, whatever lies there; ["map", key, otherwise] what a map holds.
  look([field, key, more]) {
    const held = this.contract.ledger(this.state)[field];
    if (held === undefined) throw new Error(`no ledger field ${field}`);
    if (typeof held.lookup === 'function') return held.member(key) ? held.lookup(key) : more;
    const found = more === undefined ? held.findPathForLeaf(key) : held.pathForLeaf(more, key);
    return found ?? held.pathForLeaf(0n, key);
  }
}

// ---------------------------------------------------------------- the conversation

class NotThere extends Error {}

function read(length) {
  const buffer = Buffer.alloc(length);
  let have = 0;
  while (have < length) {
    const count = fs.readSync(3, buffer, have, length - have, null);
    if (count === 0) return null;
    have += count;
  }
  return buffer;
}

function send(text) {
  const body = Buffer.from(text);
  const message = Buffer.alloc(4 + body.length);
  message.writeUInt32BE(body.length);
  body.copy(message, 4);
  for (let at = 0; at < message.length; ) at += fs.writeSync(4, message, at);
}

function answerTo(fields, contract, runtime, broken) {
  const id = JSON.stringify(fields.id);
  try {
    if (broken) throw broken;
    const value = encode(new Play(contract, runtime, decode(fields.args[0])).run());
    if (value.length < LONGEST_MESSAGE - 65536) return `{"id":${id},"value":${value}}`;
    return `{"id":${id},"unencodable":"too long"}`;
  } catch (error) {
    const name = encodeText(String(error?.name ?? 'Error').slice(0, LONGEST_NAME));
    const message = encodeText(String(error?.message ?? error).slice(0, LONGEST_REASON));
    return `{"id":${id},"raised":${name},"message":${message}}`;
  }
}

const modules = process.argv[2];
fs.symlinkSync(modules, 'node_modules');
fs.writeFileSync('package.json', '{"type":"module"}');
const runtime = await import(
  pathToFileURL(path.join(modules, '@midnight-ntwrk/compact-runtime/dist/index.js'))
);
let contract, broken;
try {
  contract = await import(pathToFileURL(path.resolve('out/contract/index.js')));
} catch (error) {
  broken = error;
}
for (;;) {
  const header = read(4);
  if (header === null) break;
  const fields = JSON.parse(read(header.readUInt32BE()).toString());
  send(answerTo(fields, contract, runtime, broken));
}
