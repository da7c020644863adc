// Draw in the page of examples/web in a headless Chromium, and look at what it shows.
//
//   node web_page.js PAGE.html [FOLDER]
//
// With a folder, pictures of the page are kept there. Prints a line a check; exit code 0: all passed, 1: one failed.
// chromedriver is spoken to as WebDriver (W3C) says.
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { pathToFileURL } = require('url');

const [page, folder] = process.argv.slice(2);
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'; // the key of an element's name, in WebDriver

// Digits as lines between points of the paper, 0 to 1.
const STROKES = {
    0: [Array.from({ length: 25 }, (_, i) => [0.5 + 0.2 * Math.sin(i * Math.PI / 12), 0.5 - 0.32 * Math.cos(i * Math.PI / 12)])],
    1: [[[0.53, 0.15], [0.5, 0.5], [0.47, 0.85]]],
    7: [[[0.25, 0.2], [0.5, 0.19], [0.75, 0.2], [0.62, 0.5], [0.48, 0.85]]],
};

let failed = 0;
function check(right, what) {
    console.log(`${right ? 'ok  ' : 'FAIL'} web: ${what}`);
    failed += !right;
}

class Browser {
    async start(capabilities) {
        this.driver = spawn('chromedriver', ['--port=0'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true }); // a group
        const port = await new Promise((resolve, reject) => {
            let said = '';
            this.driver.stdout.on('data', (data) => {
                said += data;
                const found = said.match(/successfully on port (\d+)/);
                if (found)
                    resolve(found[1]);
            });
            this.driver.on('error', reject);
            this.driver.on('exit', (code) => reject(new Error(`chromedriver ended with ${code}: ${said}`)));
        });
        this.base = `http://127.0.0.1:${port}`;
        const { sessionId } = await this.send('POST', '/session', { capabilities: { alwaysMatch: capabilities } });
        this.base += `/session/${sessionId}`;
    }

    async send(method, where, body) {
        const answer = await fetch(this.base + where, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(300000) });
        const { value } = await answer.json();
        if (!answer.ok)
            throw new Error(`${method} ${where}: ${value.error}: ${value.message}`);
        return value;
    }

    run(script) {
        return this.send('POST', '/execute/sync', { script, args: [] });
    }

    devtools(cmd, params) {
        return this.send('POST', '/goog/cdp/execute', { cmd, params });
    }

    async find(selector) {
        return (await this.send('POST', '/element', { using: 'css selector', value: selector }))[ELEMENT];
    }

    async click(selector) {
        await this.send('POST', `/element/${await this.find(selector)}/click`, {});
    }

    async tap(...keys) {
        const actions = keys.flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
        await this.send('POST', '/actions', { actions: [{ type: 'key', id: 'keys', actions }] });
    }

    // Strokes of a mouse, a pen or a finger; without lift it stays down at the end.
    async draw(strokes, pointerType, lift = true) {
        const paper = await this.run('const r = document.getElementById("paper").getBoundingClientRect();'
            + 'return [r.left, r.top, r.width]');
        const to = ([x, y], duration) => ({ type: 'pointerMove', duration, origin: 'viewport',
            x: Math.round(paper[0] + x * paper[2]), y: Math.round(paper[1] + y * paper[2]) });
        const actions = strokes.flatMap((points) => [to(points[0], 0), { type: 'pointerDown', button: 0 },
            ...points.slice(1).map((point) => to(point, 20)), ...(lift ? [{ type: 'pointerUp', button: 0 }] : [])]);
        await this.send('POST', '/actions', { actions: [{ type: 'pointer', id: pointerType, parameters: { pointerType }, actions }] });
    }

    async keep(name) {
        if (folder)
            fs.writeFileSync(path.join(folder, `${name}.png`), Buffer.from(await this.send('GET', '/screenshot'), 'base64'));
    }

    // The driver and whatever it has started.
    kill() {
        this.driver.removeAllListeners('exit');
        try {
            process.kill(-this.driver.pid, 'SIGKILL');
        } catch { // it has ended
        }
    }

    async stop() {
        if (this.base && this.base.includes('/session/'))
            await this.send('DELETE', '').catch(() => {});
        this.kill();
    }
}

// What the page shows: the best class as text, and the probability behind every bar.
async function shown(browser) {
    return browser.run(`
        const copy = new OffscreenCanvas(28, 28).getContext('2d', { willReadFrequently: true });
        copy.drawImage(document.getElementById('seen'), 0, 0);
        const rows = [...document.querySelectorAll('#bars li')];
        return { heights: new Set(rows.map((row) => row.offsetHeight)).size, invited: document.getElementById('invitation').offsetHeight > 0,
                 best: document.getElementById('best').textContent, spoken: document.getElementById('spoken').textContent,
                 p: rows.map((row) => Number(row.style.getPropertyValue('--probability'))),
                 widths: rows.map((row) => { const bar = row.querySelector('.bar'); bar.style.transition = 'none';
                     return bar.getBoundingClientRect().width / bar.parentNode.getBoundingClientRect().width; }),
                 seen: [...copy.getImageData(0, 0, 28, 28).data].filter((x, i) => i % 4 === 3 && x > 0).length };`);
}

// What one of the digits must look like in the page.
function checkDigit(state, digit, how) {
    const sum = state.p.reduce((a, b) => a + b, 0), top = state.p.indexOf(Math.max(...state.p));
    const bars = state.p.every((p, i) => Math.abs(p - state.widths[i]) < 0.02);
    check(state.best === String(digit) && top === digit && state.spoken.startsWith(`${digit}, `),
        `a ${digit} drawn ${how} is a ${state.best} (${(100 * state.p[top]).toFixed(1)} %)`);
    check(state.p.length === 10 && Math.abs(sum - 1) < 1e-4 && bars, `... ten bars as long as their probabilities, sum ${sum.toFixed(6)}`);
    check(state.heights === 1 && !state.invited, '... rows of one height, and the invitation is gone');
    check(state.seen > 20 && state.seen < 400, `... and a picture with ink in it (${state.seen} pixels)`);
}

function checkEmpty(state, when) {
    check(state.best === '\u2013' && state.invited && state.seen === 0 && state.p.every((p) => p === 0) && state.widths.every((w) => w === 0),
        `nothing is shown ${when}`);
}

async function start(browser, profile) {
    await browser.start({
        browserName: 'chrome',
        'goog:loggingPrefs': { browser: 'ALL', performance: 'ALL' },
        'goog:chromeOptions': {
            args: ['--headless=new', '--disable-gpu', '--disable-dev-shm-usage', '--window-size=1000,800', `--user-data-dir=${profile}`,
                ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
        },
    });
}

async function open(browser) {
    await browser.send('POST', '/url', { url: pathToFileURL(page).href });
    for (let i = 0; i < 6000 && await browser.run('return document.querySelectorAll("#bars li").length') === 0; i++)
        await new Promise((resolve) => setTimeout(resolve, 50));
}

// No messages on the console, nothing asked for but the page itself.
async function checkQuiet(browser) {
    const said = await browser.send('POST', '/se/log', { type: 'browser' });
    check(said.length === 0, `no messages on the console${said.map((entry) => `: ${entry.message}`).join('')}`);
    const events = (await browser.send('POST', '/se/log', { type: 'performance' })).map((entry) => JSON.parse(entry.message).message);
    const url = pathToFileURL(page).href; // the browser's own pages ask for things of theirs
    const asked = events.filter((event) => event.method === 'Network.requestWillBeSent' && event.params.documentURL === url)
        .map((event) => event.params.request.url);
    const others = asked.filter((other) => other !== url && !other.startsWith('data:'));
    check(asked.length > 0 && others.length === 0, `no requests but for the page itself${others.map((other) => ` ${other}`).join('')}`);
}

// The bars move before the pen is lifted; what is spoken waits for that.
async function checkWhileDrawing(browser) {
    const before = await shown(browser);
    await browser.draw(STROKES[1], 'mouse', false);
    let during = before;
    for (let i = 0; i < 6000 && during.best !== '1'; i++)
        during = await shown(browser);
    await browser.send('DELETE', '/actions');
    const after = await shown(browser);
    check(during.best === '1' && during.spoken === before.spoken && after.spoken.startsWith('1, '), 'bars move while one draws');
    await browser.click('#clear');
}

async function atDesk(browser) {
    checkEmpty(await shown(browser), 'at the beginning');
    for (const digit of [1, 0, 7]) {
        await browser.draw(STROKES[digit], digit === 0 ? 'pen' : 'mouse');
        checkDigit(await shown(browser), digit, digit === 0 ? 'with a pen' : 'with the mouse');
        await browser.keep(`desk-${digit}`);
        await browser.click('#clear');
        checkEmpty(await shown(browser), 'after "Clear"');
    }
    await checkWhileDrawing(browser);
    await browser.run('document.getElementById("paper").focus()');
    const up = '\uE013', down = '\uE015', del = '\uE017';
    await browser.tap(...Array(11).fill(up), ' ', ...Array(22).fill(down), ' ');
    checkDigit(await shown(browser), 1, 'with the keys');
    await browser.keep('desk-keys');
    await browser.tap(del);
    checkEmpty(await shown(browser), 'after the key Delete');
    await browser.devtools('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'dark' }] });
    const dark = await browser.run('const s = getComputedStyle(document.body); return [s.color, s.backgroundColor].map('
        + '(c) => c.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0) / 3)');
    check(dark[0] > 200 && dark[1] < 40, `light on dark where that is asked for (${dark.map(Math.round)})`);
    await browser.draw(STROKES[7], 'mouse');
    await browser.keep('dark-7');
}

async function onPhone(browser) {
    await browser.devtools('Emulation.setEmulatedMedia', { features: [] });
    await browser.devtools('Emulation.setDeviceMetricsOverride', { width: 360, height: 740, deviceScaleFactor: 3, mobile: true });
    await browser.devtools('Emulation.setTouchEmulationEnabled', { enabled: true });
    await open(browser);
    checkEmpty(await shown(browser), 'on a phone');
    await browser.draw(STROKES[7], 'touch');
    checkDigit(await shown(browser), 7, 'with a finger on a phone');
    await browser.keep('phone-7');
    const [wide, inner, scrolled] = await browser.run('return [document.scrollingElement.scrollWidth, innerWidth, scrollY]');
    check(wide <= inner && scrolled === 0, `a phone's page is ${wide} of ${inner} wide, and drawing does not scroll it`);
}

async function main() {
    const browser = new Browser(), profile = fs.mkdtempSync(path.join(os.tmpdir(), 'web-page-'));
    process.on('SIGTERM', () => {
        browser.kill();
        process.exit(143);
    });
    try {
        await start(browser, profile);
        await open(browser);
        await atDesk(browser);
        await onPhone(browser);
        await checkQuiet(browser);
    } finally {
        await browser.stop();
        fs.rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
    process.exit(failed ? 1 : 0);
}

main().catch((error) => {
    console.log(`FAIL web: ${error.message}`);
    process.exit(1);
});
