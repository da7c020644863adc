// The TextMate grammar: it is JSON, its patterns are regular expressions, and they say of words what they should.
'use strict';
const fs = require('fs');
const read = (path) => JSON.parse(fs.readFileSync(`docs/editors/vscode/${path}`, 'utf8'));
const grammar = read('syntaxes/mnn.tmLanguage.json');
const manifest = read('package.json');
read('language-configuration.json');

let failed = 0;
const check = (what, good) => {
    if (!good) {
        console.error(`FAIL ${what}`);
        failed++;
    }
};

for (const file of [manifest.contributes.languages[0].configuration, manifest.contributes.grammars[0].path])
    check(`${file} is there`, fs.existsSync(`docs/editors/vscode/${file}`));
check('the scope is one', manifest.contributes.grammars[0].scopeName === grammar.scopeName);
for (const { include } of grammar.patterns)
    check(`${include} is defined`, grammar.repository[include.slice(1)]);

// the first rule that fits at a place gives it its name
const nameOf = (text, at) => {
    for (const { include } of grammar.patterns) {
        const rule = grammar.repository[include.slice(1)];
        const match = new RegExp(rule.match || rule.begin, 'y');
        match.lastIndex = at;
        const found = match.exec(text);
        if (found)
            return rule.name || rule.captures['1'].name;
    }
    return '';
};
const expected = [
    ['# dense(1)', 0, 'comment.line.number-sign.mnn'],
    ['data mnist {', 0, 'storage.type.block.mnn'],
    ['    train = idx("a")', 4, 'variable.parameter.mnn'],
    ['    train = idx("a")', 12, 'support.constant.mnn'],
    ['    train = idx("a")', 16, 'string.quoted.mnn'],
    ["    train = idx('a')", 16, 'string.quoted.mnn'],
    ['    dense(10)', 4, 'support.function.mnn'],
    ['    dense(10)', 10, 'constant.numeric.mnn'],
    ['    Conv2D(10)', 4, 'support.function.mnn'],
    ['    dense(1, activation=relu)', 13, 'variable.parameter.mnn'],
    ['    dense(1, activation=relu)', 24, 'support.constant.mnn'],
    ['    repeat(2) {', 4, 'keyword.control.mnn'],
    ['width = 3', 0, 'variable.other.constant.mnn'],
    ['    x = true', 8, 'constant.language.mnn'],
    ['    x = 2 ** 3', 10, 'keyword.operator.mnn'],
    ['    densely(10)', 4, ''],
];
for (const [text, at, name] of expected)
    check(`"${text}" at ${at} is ${nameOf(text, at)}, expected ${name}`, nameOf(text, at) === name);
process.exit(failed ? 1 : 0);
