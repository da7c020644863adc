// Compare the predictions of a program with those of ONNX Runtime for the same model from mnnc --emit=onnx.
//
//   node onnx_compare.js MNNC DESCRIPTION PROGRAM WEIGHTS FOLDER [IDX_FILE COUNT]
//
// Without a file: random samples, and random weights of the shapes in WEIGHTS. FOLDER is for what is made on the way.
// Prints one line; exit code 0: every output agrees, 1: one differs.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const ort = require('onnxruntime-node');
const { takeIdx, writeIdx } = require('./idx.js');

const [mnnc, description, program, givenWeights, folder, idxFile, wanted] = process.argv.slice(2);
const MOST = 1e-4; // absolute, and relative to outputs larger than 1: sums run in another order

// The same numbers every time: xorshift32 (Marsaglia 2003).
let state = 2463534242;
function random() {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
}

function run(command, ...words) {
    return execFileSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] });
}

// A safetensors file with the same tensors and other numbers; without metadata, which would not fit.
function randomize(from, to) {
    const bytes = fs.readFileSync(from);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    delete header.__metadata__;
    for (const [name, tensor] of Object.entries(header)) {
        const [begin, end] = tensor.data_offsets;
        const inputs = tensor.shape.slice(0, -1).reduce((a, b) => a * b, 1);
        for (let at = 8 + length + begin; at < 8 + length + end; at += 4) {
            const value = name.endsWith('variance') || name.endsWith('gamma') ? 0.5 + random()
                : (2 * random() - 1) * Math.min(1, 2 / Math.sqrt(inputs));
            bytes.writeFloatLE(value, at);
        }
    }
    let text = JSON.stringify(header);
    text += ' '.repeat((8 - text.length % 8) % 8);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    fs.writeFileSync(to, Buffer.concat([size, Buffer.from(text), bytes.subarray(8 + length)]));
}

function makeIdx(shape, count, to) {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Buffer.alloc(count * size);
    for (let i = 0; i < data.length; i++)
        data[i] = Math.floor(256 * random());
    writeIdx(to, 0x08, [count, ...shape], data);
    return { count, values: Float32Array.from(data) };
}

async function main() {
    const weights = idxFile ? givenWeights : path.join(folder, 'random.safetensors');
    const samples = path.join(folder, 'samples-idx');
    const model = path.join(folder, 'model.onnx');
    if (!idxFile)
        randomize(givenWeights, weights);
    const shape = JSON.parse(run(program, 'summary', '--json')).layers[0].output_shape.slice(1);
    const data = idxFile ? takeIdx(idxFile, Number(wanted), samples) : makeIdx(shape, 40, samples);
    const lines = run(program, 'predict', '--json', '--weights', weights, samples).trim().split('\n');
    const ours = lines.map((line) => JSON.parse(line).outputs);
    run(mnnc, description, '-w', '--emit=onnx', '--weights', weights, '-o', model);

    const session = await ort.InferenceSession.create(model);
    const input = new ort.Tensor('float32', data.values, [data.count, ...shape]);
    const output = (await session.run({ input })).output;
    const width = output.data.length / data.count;
    let worst = 0, otherClass = 0, compared = 0;
    const best = (row) => row.indexOf(Math.max(...row));
    for (let i = 0; i < data.count; i++) {
        const theirs = Array.from(output.data.subarray(i * width, (i + 1) * width));
        ours[i].forEach((x, k) => {
            worst = Math.max(worst, Math.abs(x - theirs[k]) / Math.max(1, Math.abs(x)));
            compared += 1;
        });
        otherClass += best(ours[i]) !== best(theirs);
    }
    const right = worst < MOST && compared === output.data.length && compared > 0;
    console.log(`${right ? 'ok  ' : 'FAIL'} onnx: ${path.basename(program)}: ${data.count} samples, ` +
        `${compared} outputs, largest difference ${worst.toExponential(1)}, ${otherClass} other classes`);
    process.exit(right ? 0 : 1);
}

main().catch((error) => {
    console.log(`FAIL onnx: ${path.basename(program)}: ${error.message}`);
    process.exit(1);
});
