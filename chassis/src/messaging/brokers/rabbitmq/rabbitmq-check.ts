import { connect } from "amqplib";

/**
 * Whether RabbitMQ can be used: at least one of the nodes (with commas between their URLs) lets us in. Undefined when all is well, else
 * what is wrong, without anything of the URL in it.
 */
export async function rabbitmqFault(urls: string): Promise<string | undefined> {
  const faults = await Promise.all(urls.split(",").map((url) => faultOf(url.trim())));
  return faults.includes(undefined) ? undefined : faults[0];
}

async function faultOf(url: string): Promise<string | undefined> {
  try {
    const connection = await connect(url, { timeout: 5_000 });
    connection.on("error", () => {});
    await connection.close();
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (/ACCESS[_-]REFUSED/i.test(message)) return "RabbitMQ refuses the sign-in";
    return `RabbitMQ can't be reached: ${code ?? message.split("\n")[0]}`;
  }
}
