'use strict';
// Strokes on a canvas go into the module's memory, and what it makes of them becomes bars. digits.wasm is drawing.c and
// the network; the names of its functions are those of drawing.c.

const paper = document.getElementById('paper'), seen = document.getElementById('seen');
const pen = document.getElementById('pen'), best = document.getElementById('best');
const bars = document.getElementById('bars'), spoken = document.getElementById('spoken');
const PEN_WIDTH = 0.085; // of a side: near MNIST's strokes when the digit fills the paper
const KEY_STEP = 0.03;   // of a side

async function load() {
    const text = document.getElementById('network').textContent;
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes, { Math });
    document.getElementById('about').textContent =
        `The network is in this page: ${Math.round(bytes.length / 1024)} KB of WebAssembly. Nothing leaves it.`;
    return instance.exports;
}

function makeBars(count) {
    for (let i = 0; i < count; i++) {
        const row = document.createElement('li'), track = document.createElement('span');
        const digit = document.createElement('span'), bar = document.createElement('span'), percent = document.createElement('span');
        digit.textContent = i;
        track.className = 'track';
        bar.className = 'bar';
        bar.style.display = track.style.display = 'block';
        percent.className = 'percent';
        track.append(bar);
        row.append(digit, track, percent);
        bars.append(row);
    }
}

const percents = (p) => `${(100 * p).toFixed(1)} %`;

// probabilities: null when nothing is drawn.
// Returns the most probable class, -1 when nothing is drawn.
function showBars(probabilities) {
    const top = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    [...bars.children].forEach((row, i) => {
        const p = probabilities ? probabilities[i] : 0;
        row.style.setProperty('--probability', p);
        row.classList.toggle('top', i === top);
        row.lastChild.textContent = probabilities ? percents(p) : '';
    });
    best.textContent = top < 0 ? '\u2013' : top;
    return top;
}

function showPicture(picture) {
    const context = seen.getContext('2d'), image = context.createImageData(seen.width, seen.height);
    picture.forEach((ink, i) => { image.data[4 * i + 3] = ink; }); // black, as dense as the ink
    context.putImageData(image, 0, 0);
}

function run(network) {
    const side = network.side(), memory = network.memory.buffer;
    const drawing = new Uint8Array(memory, network.drawing(), side * side);
    const picture = new Uint8Array(memory, network.picture(), seen.width * seen.height);
    let waiting = false;
    paper.width = paper.height = side;
    const context = paper.getContext('2d', { willReadFrequently: true });
    context.lineWidth = PEN_WIDTH * side;
    context.lineCap = context.lineJoin = 'round';

    function look(speak) {
        const pixels = context.getImageData(0, 0, side, side).data;
        for (let i = 0; i < drawing.length; i++)
            drawing[i] = pixels[4 * i + 3];
        const drawn = network.prepare();
        const probabilities = drawn ? new Float32Array(memory, network.predict(), network.outputs()) : null;
        const top = showBars(probabilities);
        showPicture(picture);
        if (speak)
            spoken.textContent = drawn ? `${top}, ${percents(probabilities[top])}` : 'nothing is drawn';
    }

    // at most once a frame, however many events a pointer sends
    function lookSoon() {
        if (!waiting)
            requestAnimationFrame(() => { waiting = false; look(false); });
        waiting = true;
    }

    function line(from, to) {
        document.getElementById('invitation').hidden = true;
        context.beginPath();
        context.moveTo(from.x * side, from.y * side);
        context.lineTo(to.x * side, to.y * side);
        context.stroke();
        lookSoon();
    }

    function clear() {
        context.clearRect(0, 0, side, side);
        document.getElementById('invitation').hidden = false;
        look(true);
    }

    followPointers(line, () => look(true));
    followKeys(line, () => look(true), clear);
    document.getElementById('clear').addEventListener('click', clear);
    look(false);
}

// Mouse, pens and fingers, several at once. Places are parts of a side, 0 to 1.
function followPointers(line, done) {
    const at = new Map(); // where every pointer was
    const place = (event) => {
        const box = paper.getBoundingClientRect();
        return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
    };
    const move = (event) => {
        if (!at.has(event.pointerId))
            return;
        const passed = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
        for (const one of passed.length ? passed : [event]) {
            line(at.get(event.pointerId), place(one));
            at.set(event.pointerId, place(one));
        }
    };
    const end = (event) => {
        if (at.delete(event.pointerId))
            done();
    };
    paper.addEventListener('pointerdown', (event) => {
        if (event.button !== 0)
            return;
        paper.setPointerCapture(event.pointerId);
        pen.hidden = true;
        at.set(event.pointerId, place(event));
        line(place(event), place(event)); // a dot
    });
    paper.addEventListener('pointermove', move);
    paper.addEventListener('pointerup', end);
    paper.addEventListener('pointercancel', end);
}

function followKeys(line, done, clear) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const inside = (x) => Math.min(1, Math.max(0, x));
    let at = { x: 0.5, y: 0.5 }, down = false;
    const showPen = (visible) => {
        pen.hidden = !visible;
        pen.classList.toggle('down', down);
        pen.style.left = `${100 * at.x}%`;
        pen.style.top = `${100 * at.y}%`;
    };
    const setDown = (now) => {
        if (down && !now)
            done();
        down = now;
        if (down)
            line(at, at);
    };
    const move = ([x, y]) => {
        const to = { x: inside(at.x + KEY_STEP * x), y: inside(at.y + KEY_STEP * y) };
        if (down)
            line(at, to);
        at = to;
    };
    paper.addEventListener('keydown', (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey)
            return;
        if (steps[event.key])
            move(steps[event.key]);
        else if (event.key === ' ')
            setDown(!down);
        else if (event.key === 'Delete' || event.key === 'Backspace')
            clear();
        else
            return;
        event.preventDefault(); // no scrolling
        showPen(true);
    });
    paper.addEventListener('blur', () => {
        setDown(false);
        showPen(false);
    });
}

load().then((network) => {
    makeBars(network.outputs());
    run(network);
}).catch((error) => {
    best.textContent = '';
    document.getElementById('about').textContent = `This browser cannot run the network: ${error.message}`;
    console.error(error);
});
