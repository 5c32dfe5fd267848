import { notFound } from "@flotilla/chassis/failure";
import type { Client } from "@flotilla/chassis/service";
import {
  type SagaDetail,
  type SagaSummary,
  sagaOperations,
} from "../../../chassis/src/saga/operations/operations-contract.ts";
import { administratorClients } from "./administrator-clients.ts";

/** The sagas of one service of a running shop, operated as its administrator. */
export type SagaDesk = { readonly service: string; readonly sagas: Client<typeof sagaOperations> };

/** Which sagas to list. */
export type Filter = { name?: string | undefined; status?: SagaSummary["status"] | undefined };

/** The desks of all services that have sagas, in the shop that runs on `dataFolder`. Call `close` when done. */
export async function openSagaDesks(dataFolder: string): Promise<{ desks: SagaDesk[]; close(): Promise<void> }> {
  const clients = await administratorClients(dataFolder, "sagas");
  const all = clients.services.map((service) => ({ service, sagas: clients.client({ ...sagaOperations, service }) }));
  const found = await Promise.all(all.map(async (desk) => ((await hasSagas(desk)) ? [desk] : [])));
  return { desks: found.flat(), close: () => clients.close() };
}

const hasSagas = ({ sagas }: SagaDesk): Promise<boolean> =>
  sagas.listSagas({ query: { limit: 1 } }).then(
    () => true,
    (error) => {
      if (notFound.is(error)) return false;
      throw error;
    },
  );

/** The saga of that id and the desk of its service. */
export async function findSaga(desks: readonly SagaDesk[], id: string): Promise<{ desk: SagaDesk; saga: SagaDetail }> {
  for (const desk of desks) {
    const saga = await desk.sagas.showSaga({ params: { id } }).catch((error: unknown) => {
      if (notFound.is(error)) return undefined;
      throw error;
    });
    if (saga) return { desk, saga };
  }
  throw new Error(`there is no saga ${id}`);
}

/** The newest sagas of each service. */
export const listSagas = (desks: readonly SagaDesk[], filter: Filter, limit: number) =>
  Promise.all(
    desks.map(async ({ service, sagas }) => {
      const query = {
        limit,
        ...(filter.name && { name: filter.name }),
        ...(filter.status && { status: filter.status }),
      };
      return { service, ...(await sagas.listSagas({ query })) };
    }),
  );

/** Tries every unfinished saga of a service on its definitions of today. */
export async function checkService({ sagas }: SagaDesk) {
  const faults: (SagaSummary & { fault: string })[] = [];
  let checked = 0;
  let cursor: string | null = null;
  do {
    const part: Awaited<ReturnType<typeof sagas.checkSagas>> = await sagas.checkSagas({
      query: cursor ? { cursor } : {},
    });
    faults.push(...part.faults);
    checked += part.checked;
    cursor = part.nextCursor;
  } while (cursor);
  return { checked, faults };
}
