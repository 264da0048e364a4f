// Serves the packages in a folder as the npm registry would: node registry.mjs FOLDER PORT-FILE
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [folder, portFile] = process.argv.slice(2);
const packages = new Map();
for (const file of readdirSync(folder).filter((name) => name.endsWith(".tgz"))) {
  const tarball = readFileSync(join(folder, file));
  const manifest = JSON.parse(execFileSync("tar", ["-xzOf", join(folder, file), "package/package.json"]));
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  packages.set(manifest.name, { file, tarball, manifest, integrity });
}

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname.slice(1));
  for (const [name, { file, tarball, manifest, integrity }] of packages) {
    if (path === `${name}/-/${file}`) return response.end(tarball);
    if (path !== name) continue;
    const dist = { integrity, tarball: `http://127.0.0.1:${server.address().port}/${name}/-/${file}` };
    const { version } = manifest;
    const about = { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
    return response.setHeader("content-type", "application/json").end(JSON.stringify(about));
  }
  response.writeHead(404).end("{}");
});
server.listen(0, "127.0.0.1", () => writeFileSync(portFile, `${server.address().port}`));
