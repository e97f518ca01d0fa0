// Answers, line by line, what the page's scripts make of what Python sends: ["read", text], ["find", text] or
// ["judge", [text, claim]]. Arguments: the folder of the scripts, the file of tables and index, the scripts in their order.
const fs = require("node:fs");
const readline = require("node:readline");
const path = require("node:path");
const [folder, data, ...scripts] = process.argv.slice(2);
for (const name of scripts) require(path.join(folder, name));
const api = globalThis.gradatlasShapes;
const { Shapes, ReadingError, normal, pieces, unpacked } = api;
const { judging } = require(path.join(folder, "exercise.js"));

const { tables, index } = JSON.parse(fs.readFileSync(data, "utf-8"));
const shapes = new Shapes(tables);
const opened = unpacked(index);
const { judge } = judging(api);
const answers = {
  read: (text) => {
    const read = shapes.read(text);
    const made = normal(read);
    return { read, shape: shapes.shape(made), shapes: shapes.shapesOf(made).map(([c, k]) => [k, c]), pieces: pieces(made).map((p) => shapes.shape(p)) };
  },
  judge: ([text, claim]) => judge(text, claim, shapes),
  find: (text) => ({ hits: shapes.find(text, opened).map((hit) => [opened.ids[hit.place], hit.cost, hit.how, hit.claim < 0 ? "" : opened.claims[hit.place][hit.claim]]) }),
};
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [what, text] = JSON.parse(line);
  const started = performance.now();
  let answer;
  try {
    answer = answers[what](text);
  } catch (error) {
    if (!(error instanceof ReadingError)) throw error;
    answer = { refused: error.code, values: error.values };
  }
  process.stdout.write(JSON.stringify({ ...answer, seconds: (performance.now() - started) / 1000 }) + "\n");
});
