// Renders TeX with KaTeX: one JSON request a line on stdin, one JSON answer a line on stdout.
// Argument: the folder of the npm package katex.
"use strict";
const path = require("node:path");
const katex = require(path.join(process.argv[2], "dist", "katex.js"));
const lines = require("node:readline").createInterface({ input: process.stdin, terminal: false });

process.stdout.write(JSON.stringify({ version: katex.version }) + "\n");
lines.on("line", (line) => {
  const { tex, display, output, macros } = JSON.parse(line);
  let answer;
  try {
    answer = {
      html: katex.renderToString(tex, {
        displayMode: display,
        output,
        throwOnError: true,
        strict: "error",
        trust: false,
        macros: { ...macros },
      }),
    };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
