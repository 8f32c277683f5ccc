'use strict';
// Makes the events of a batch. The core sends values that this thread does not have yet as one JSON, and numbers that say
// what each event is made of (src/batch.rs); for each shape of event a function is compiled that puts one together.

const { EVENTS } = require('../generated/events');
const { isObject } = require('./call');
const { decode } = require('./json');

/** Values that are kept from batch to batch. Behind them are those of one batch. */
const SLOTS = 1024;

/** In place of a value: there is none. */
const NONE = 0xffff_ffff;

/** Room for more numbers than most batches have. */
const ROOM = 1 << 15;

/** What events of one type, or shape, have in common. */
class Kind {
  /**
   * @param {string} type
   * @param {ReadonlyArray<readonly [string, string]>} objects fields that may hold a domain object, and its class
   * @param {Function} [make] gives the event, of the values, the numbers, and the place of its first number
   * @param {number} [size] how many values it has
   */
  constructor(type, objects, make, size) {
    this.type = type;
    this.library = EVENTS[type]?.library === true;
    this.objects = objects.map(([field, className]) => ({ field, className }));
    this.make = make;
    this.size = size;
  }
}

/** The kinds of events that came as a whole. */
const whole = new Map(Object.entries(EVENTS).map(([type, { objects }]) => [type, new Kind(type, objects)]));

let values;
let numbers;

/** The kind of each shape. The core counts them from 1. */
const shapes = [undefined];

/**
 * The next events of a stream, four slots each: sequence, kind, the event, and its subscriptions (one, or several in
 * ascending order). `undefined`: nothing for now; `null`: the end; a text: the error it ended with.
 *
 * @param {object} stream
 * @param {boolean} exact
 */
function drain(stream, exact) {
  numbers ??= new Uint32Array(ROOM);
  let text;
  try {
    text = stream.drain(numbers, exact);
  } catch (error) {
    return error.message;
  }
  return typeof text === 'string' ? unpack(text, exact) : text;
}

function unpack(text, exact) {
  values ??= new Array(SLOTS).fill(undefined);
  const [fresh, templates] = JSON.parse(text);
  const [count, , places] = numbers;
  for (let index = 0; index < fresh.length; index += 1) values[numbers[places + index]] = fresh[index];
  for (const template of templates) shapes.push(kindOfShape(template));
  const events = new Array(4 * count);
  let at = 3;
  for (let out = 0; out < events.length; out += 4) {
    const kind = shapes[numbers[at]];
    events[out] = long(at + 1);
    const several = numbers[at + 3];
    at += 4;
    events[out + 3] = several === 1 ? long(at) : Array.from({ length: several }, (_, n) => long(at + 2 * n));
    at += 2 * several;
    if (kind === undefined) {
      const event = values[numbers[at]];
      events[out + 2] = exact ? decode(event, true) : event;
      events[out + 1] = kindOf(events[out + 2].type, numbers[at + 1]);
      at += 2;
    } else {
      events[out + 1] = kind;
      events[out + 2] = kind.make(values, numbers, at);
      at += kind.size;
    }
  }
  // What is not kept must not be held until the next batch.
  if (values.length > SLOTS) values.fill(undefined, SLOTS, SLOTS + fresh.length);
  return events;
}

const long = (at) => numbers[at] + numbers[at + 1] * 2 ** 32;

function kindOf(type, objects) {
  return objects === NONE ? whole.get(type) : new Kind(type, values[objects]);
}

/** The kind of a new shape. In its template, zeros stand for the values. */
function kindOfShape(template) {
  const { type } = template;
  const objects = EVENTS[type].objects.filter(([field]) => isObject(template[field]));
  return new Kind(type, objects, makerOf(template), literal(template).size);
}

/** Some programs forbid code to be made of texts. */
let mayCompile = true;

function makerOf(template) {
  if (mayCompile) {
    try {
      return new Function('values', 'numbers', 'at', `return ${literal(template).text};`);
    } catch {
      mayCompile = false;
    }
  }
  return (values, numbers, at) => build(template, { values, numbers, at });
}

/** A template as an expression, of so many values. */
function literal(template, before = 0) {
  if (template === 0) return { text: `values[numbers[at + ${before}]]`, size: 1 };
  if (typeof template !== 'object') return { text: JSON.stringify(template), size: 0 };
  let size = 0;
  const parts = Object.entries(template).map(([name, value]) => {
    const part = literal(value, before + size);
    size += part.size;
    return Array.isArray(template) ? part.text : `${JSON.stringify(name)}: ${part.text}`;
  });
  return { text: Array.isArray(template) ? `[${parts.join(', ')}]` : `{${parts.join(', ')}}`, size };
}

/** What that expression gives. */
function build(template, from) {
  if (template === 0) return from.values[from.numbers[from.at++]];
  if (typeof template !== 'object') return template;
  const made = Array.isArray(template) ? [] : {};
  for (const name of Object.keys(template)) made[name] = build(template[name], from);
  return made;
}

module.exports = { drain };
