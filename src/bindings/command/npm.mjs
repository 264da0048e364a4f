// Puts the package for one platform together: node npm.mjs FOLDER TARGET PROGRAM NOTICES ABOUT
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const platforms = JSON.parse(readFileSync(join(here, "platforms.json"), "utf8"));

/** What the package for a platform is called. */
export const named = ({ npm: { os, cpu } }) => `@mediafold/cli-${os}-${cpu}`;

/** The packages of which the one for the platform is installed beside the library. */
export const optional = (version) =>
  Object.fromEntries(Object.values(platforms).map((platform) => [named(platform), version]));

function build(folder, target, program, notices, about) {
  mkdirSync(join(folder, "bin"), { recursive: true });
  copyFileSync(program, join(folder, "bin/mediafold"));
  chmodSync(join(folder, "bin/mediafold"), 0o755);
  const { os, cpu } = platforms[target].npm;
  const { version, license, keywords, homepage, repository } = JSON.parse(about);
  const manifest = {
    name: named(platforms[target]),
    version,
    description: `The mediafold command for ${os} on ${cpu}`,
    license,
    keywords,
    homepage,
    repository: { type: "git", url: `git+${repository}.git` },
    os: [os],
    cpu: [cpu],
    // What `npx` runs is the `mediafold` package's own; this one only brings the program.
    files: ["bin", "THIRD-PARTY.txt"],
    preferUnplugged: true,
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(notices, join(folder, "THIRD-PARTY.txt"));
  copyFileSync(join(here, "README.md"), join(folder, "README.md"));
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) copyFileSync(join(here, "../../..", licence), join(folder, licence));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build(...process.argv.slice(2));
