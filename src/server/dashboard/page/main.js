import { protocol } from "./client.js";
document.title += ` ${protocol}`;
