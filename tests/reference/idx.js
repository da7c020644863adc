// IDX files, plain or gzip, of bytes or floats.
'use strict';
const fs = require('fs');
const zlib = require('zlib');

function writeIdx(file, type, dims, data) {
    const head = Buffer.alloc(4 + 4 * dims.length);
    head[2] = type;
    head[3] = dims.length;
    dims.forEach((dim, i) => head.writeUInt32BE(dim, 4 + 4 * i));
    fs.writeFileSync(file, Buffer.concat([head, data]));
}

// The first samples of a file as { count, dims, values }, and, where a name is given, a file of just these.
function takeIdx(file, count, to) {
    let bytes = fs.readFileSync(file);
    if (bytes[0] === 0x1f)
        bytes = zlib.gunzipSync(bytes);
    const type = bytes[2], rank = bytes[3], dims = [];
    for (let i = 0; i < rank; i++)
        dims.push(bytes.readUInt32BE(4 + 4 * i));
    const size = dims.slice(1).reduce((a, b) => a * b, 1), width = type === 0x0d ? 4 : 1;
    dims[0] = Math.min(dims[0], count);
    const data = bytes.subarray(4 + 4 * rank, 4 + 4 * rank + dims[0] * size * width);
    if (to)
        writeIdx(to, type, dims, data);
    const values = new Float32Array(dims[0] * size);
    for (let i = 0; i < values.length; i++)
        values[i] = width === 4 ? data.readFloatBE(4 * i) : data[i];
    return { count: dims[0], dims, values };
}

module.exports = { takeIdx, writeIdx };
