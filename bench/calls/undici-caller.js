import { Pool } from "undici";
import { answerMeasures } from "./caller.js";
import { body, id } from "./reserve.js";

const pool = new Pool(process.env.SERVICE, { connections: 50 });
answerMeasures(async () => {
  const answer = await pool.request({
    method: "PUT",
    path: `/reservations/${id}`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await answer.body.json();
});
