// A page without a server: a dropped file is folded in the browser, and the way of an asset is drawn.
import { diagram, fold, type Row } from "mediafold/draw";

const find = <E extends Element>(selector: string): E => {
  const element = document.querySelector<E>(selector);
  if (element === null) throw new Error(`there is no ${selector}`);
  return element;
};

async function show(file: File): Promise<void> {
  const rows = fold(await file.arrayBuffer());
  find("#said").textContent = `${file.name}: ${rows.length} assets`;
  find<HTMLTableElement>("table").hidden = false;
  find("tbody").replaceChildren(...rows.map(line));
  if (rows[0] !== undefined) draw(rows[0]);
}

function line(row: Row): HTMLTableRowElement {
  const { entity, id, state, since, events, findings } = row.asset;
  const line = document.createElement("tr");
  line.dataset["fold"] = "";
  for (const cell of [entity, id, state, since ?? "", events, findings.error + findings.warning]) {
    // As text: ids come from strangers.
    line.insertCell().textContent = String(cell);
  }
  line.addEventListener("click", () => draw(row));
  return line;
}

function draw({ fold, asset }: Row): void {
  find("#drawn").innerHTML = diagram(asset.entity, "svg", { fold });
}

find<HTMLInputElement>("input").addEventListener("change", ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (file !== undefined) void show(file);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file !== undefined) void show(file);
});
