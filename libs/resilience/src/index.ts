export * from "./hello.js";
