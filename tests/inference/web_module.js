// The module of examples/web without a browser: what it says of pictures, and of drawings, is what the trainer says.
//
//   node web_module.js MODULE.wasm PROGRAM WEIGHTS FOLDER IDX_FILE COUNT
//
// The first COUNT pictures of the file, and drawings made here; FOLDER is for what is made on the way. Prints a line a
// check; exit code 0: all passed, 1: one failed.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const path = require('path');
const { takeIdx } = require('../reference/idx.js');

const [file, program, weights, folder, idxFile, wanted] = process.argv.slice(2);
const MOST = 1e-5; // between outputs: sums run in another order

let failed = 0;
function check(right, what) {
    console.log(`${right ? 'ok  ' : 'FAIL'} web: ${what}`);
    failed += !right;
}

// The outputs of the trainer for every sample of a file.
function predict(samples) {
    const words = ['predict', '--json', '--weights', weights, samples];
    const lines = execFileSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 30 }).trim().split('\n');
    return lines.map((line) => JSON.parse(line).outputs);
}

const best = (row) => row.indexOf(Math.max(...row));

// How far outputs are from the trainer's, and how many classes are others.
function compare(here, there) {
    let worst = 0, others = 0;
    here.forEach((row, i) => {
        row.forEach((x, k) => { worst = Math.max(worst, Math.abs(x - there[i][k])); });
        others += best(row) !== best(there[i]);
    });
    return { right: here.length === there.length && here.length > 0 && worst < MOST && others === 0,
        text: `largest difference ${worst.toExponential(1)}, ${others} other classes` };
}

// [left, top, width, height, pen]: a bent line through a part of the paper, with soft edges.
function draw(pixels, side, [left, top, width, height, pen]) {
    const points = [[0.1, 0], [1, 0.1], [0.3, 0.5], [0.9, 0.7], [0, 1]].map(([x, y]) => [left + x * width, top + y * height]);
    for (let i = 0; i < side * side; i++) {
        let nearest = Infinity;
        for (let k = 1; k < points.length; k++) {
            const [a, b] = [points[k - 1], points[k]], x = b[0] - a[0], y = b[1] - a[1], p = [i % side, Math.floor(i / side)];
            const along = Math.min(1, Math.max(0, ((p[0] - a[0]) * x + (p[1] - a[1]) * y) / (x * x + y * y)));
            nearest = Math.min(nearest, Math.hypot(p[0] - a[0] - along * x, p[1] - a[1] - along * y));
        }
        pixels[i] = 255 * Math.min(1, Math.max(0, pen / 2 - nearest + 0.5));
    }
}

const module_ = new WebAssembly.Module(fs.readFileSync(file));
const imports = WebAssembly.Module.imports(module_).map((one) => `${one.module}.${one.name}`);
const network = new WebAssembly.Instance(module_, { Math }).exports;
const side = network.side(), outputs = network.outputs();
const drawing = new Uint8Array(network.memory.buffer, network.drawing(), side * side);
const picture = new Uint8Array(network.memory.buffer, network.picture(), 784);
const answer = () => Array.from(new Float32Array(network.memory.buffer, network.predict(), outputs));

check(imports.every((name) => name.startsWith('Math.')), `wants nothing but ${imports.join(', ') || 'nothing'}`);

const samples = path.join(folder, 'samples-idx');
const { count, values } = takeIdx(idxFile, Number(wanted), samples);
const pictures = [];
for (let i = 0; i < count; i++) {
    picture.set(values.subarray(784 * i, 784 * (i + 1)));
    pictures.push(answer());
}
const same = compare(pictures, predict(samples));
check(same.right, `${count} pictures, ${same.text}`);

const places = [[60, 60, 420, 420, 46], [0, 0, 559, 559, 48], [400, 20, 60, 120, 30], [20, 300, 500, 40, 20], [275, 275, 6, 9, 3]];
const drawn = places.map((place) => {
    draw(drawing, side, place);
    return network.prepare() ? answer() : [];
});
const said = places.map((place, i) => {
    const pgm = path.join(folder, `drawing-${i}.pgm`);
    draw(drawing, side, place);
    fs.writeFileSync(pgm, Buffer.concat([Buffer.from(`P5\n${side} ${side}\n255\n`), drawing]));
    return predict(pgm)[0];
});
const alike = compare(drawn, said);
check(alike.right, `${places.length} drawings become the pictures that "predict" makes of them, ${alike.text}`);

drawing.fill(0);
check(network.prepare() === 0 && picture.every((x) => x === 0), 'nothing drawn is seen as nothing');
process.exit(failed ? 1 : 0);
