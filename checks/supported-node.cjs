/* Loaded before each npm script: an older Node.js can't read what comes next, and would say so in twenty lines. */
const OLDEST = 26;
const { node } = process.versions;
if (Number(node.split(".")[0]) < OLDEST) {
  console.error(
    `Node.js ${OLDEST} is needed, this is ${node}: npm ci installs it where optional packages are not left out, or install Node.js ${OLDEST}`,
  );
  process.exit(1);
}
