/**
 * `npm run bench`: how fast the stack is. `npm run bench -- lossy`: how it fares over a way that loses frames. `npm run bench -- boards`:
 * what it costs a microcontroller.
 */
import { boards } from "./boards/main";
import { lossy } from "./lossy/main";
import { speed } from "./speed";

const [what, ...rest] = process.argv.slice(2);
if (what === "lossy") await lossy(rest);
else if (what === "boards") await boards(rest);
else speed();
