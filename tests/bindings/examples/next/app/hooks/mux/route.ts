import { hook, states } from "../../../hook";

export const dynamic = "force-dynamic";
export { hook as POST, states as GET };
