import { hook, states } from "../../../hook";

export const runtime = "edge";
export { hook as POST, states as GET };
