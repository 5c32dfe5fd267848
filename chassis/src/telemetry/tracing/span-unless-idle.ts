import { currentContext, runInContext } from "../../context/context.ts";
import type { EndedSpan } from "../../context/tracer.ts";
import { inSpan, isRecorded } from "./span.ts";

/**
 * Does work that looks for something to do, as a span. When it found nothing, which is to say that it only asked its database, neither
 * the span nor those within are kept: a trace for each look would hide those that tell something.
 */
export async function inSpanUnlessIdle<T>(name: string, work: () => Promise<T>): Promise<T> {
  const context = currentContext();
  if (!isRecorded(context)) return work();
  const { samples, record } = context.tracer;
  const looks: EndedSpan[] = [];
  let isBusy = false;
  const recordUnlessIdle = (span: EndedSpan): void => {
    isBusy ||= tellsSomething(span);
    if (isBusy) for (const each of [...looks.splice(0), span]) record(each);
    else looks.push(span);
  };
  const within = { ...context, tracer: { samples, record: recordUnlessIdle } };
  return runInContext(within, () => inSpan(name, {}, work));
}

const tellsSomething = ({ attributes, parentId, failed }: EndedSpan): boolean =>
  failed || (parentId !== undefined && attributes["db.system.name"] === undefined);
