// Time ONNX Runtime on one picture at a time, in one thread: engines_onnx.js MODEL.onnx FILE.idx ROUNDS
// Prints a line a round over 1000 pictures: the microseconds a picture, and those of a model that only copies its input,
// which is what node and the call take. At the end "sum" and the sum of all pictures' first outputs, and the version.
'use strict';
const ort = require('onnxruntime-node');
const { takeIdx } = require('../tests/reference/idx.js');

const [model, file, rounds] = process.argv.slice(2);
const PICTURES = 1000;
const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel: 'all' };

// A field of a protobuf message (onnx.proto of ONNX): a number, a text, or a message in bytes; all are short here.
function field(number, value) {
    if (typeof value === 'number')
        return Buffer.from(value < 128 ? [number << 3, value] : [number << 3, 128 | value & 127, value >> 7]);
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([number << 3 | 2, bytes.length]), bytes]);
}
const message = (...fields) => Buffer.concat(fields);

// The model "output = input" with floats of this shape.
function identity(shape) {
    const dims = shape.map((size) => field(1, message(field(1, size))));
    const type = field(2, message(field(1, message(field(1, 1), field(2, message(...dims))))));
    const node = message(field(1, 'input'), field(2, 'output'), field(4, 'Identity'));
    const graph = message(field(1, node), field(2, 'identity'), field(11, message(field(1, 'input'), type)),
        field(12, message(field(1, 'output'), type)));
    return message(field(1, 8), field(7, graph), field(8, message(field(1, ''), field(2, 17))));
}

async function measure(session, inputs) {
    let sum = 0;
    const begin = process.hrtime.bigint();
    for (const input of inputs)
        sum += (await session.run({ input })).output.data[0];
    return { us: Number(process.hrtime.bigint() - begin) / 1e3 / inputs.length, sum };
}

async function main() {
    const session = await ort.InferenceSession.create(model, OPTIONS);
    const { count, values } = takeIdx(file, PICTURES);
    const shape = [1, ...session.inputMetadata[0].shape.slice(1)];
    const size = values.length / count;
    const inputs = Array.from({ length: count }, (_, i) => new ort.Tensor('float32', values.slice(size * i, size * (i + 1)), shape));
    const nothing = await ort.InferenceSession.create(identity(shape), OPTIONS);
    const { sum } = await measure(session, inputs); // warms up
    await measure(nothing, inputs);
    for (let i = 0; i < Number(rounds); i++) {
        const network = await measure(session, inputs);
        console.log(`${network.us.toFixed(3)} ${(await measure(nothing, inputs)).us.toFixed(3)}`);
    }
    console.log(`sum ${sum.toFixed(6)}`);
    console.log(`version ${ort.env.versions.node}`);
}

main().catch((error) => {
    console.error(`engines_onnx.js: ${error.message}`);
    process.exit(1);
});
