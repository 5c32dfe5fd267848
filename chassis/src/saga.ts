/* Durable sagas: steps over several services, and what undoes them. */
export {
  type AnySaga,
  decidedSaga,
  type Saga,
  type SagaOptions,
  type StartSaga,
  type StartSagaAlone,
  type StepContext,
  saga,
} from "./saga/definition/saga.ts";
