import { hello } from "@app/resilience"; console.log(hello);
