import { ancestors, type ComfyDialect, type Graph, type InputSpec, type NodeClass, NodeLink } from './comfy-nodes.ts';

/** One thing that is wrong, as the server words it. */
interface ComfyError {
  readonly type: string;
  readonly message: string;
  readonly details: string;
  readonly extra_info: object;
}

/** What is wrong with the nodes, by their id. */
export type NodeErrors = Record<string, { errors: ComfyError[]; dependent_outputs: string[]; class_type: string }>;

/** A verdict over a graph: refused as a whole, or run as far as these outputs go. */
export type Verdict =
  | { readonly ok: false; readonly error: ComfyError; readonly node_errors: NodeErrors }
  | { readonly ok: true; readonly outputs: readonly string[]; readonly node_errors: NodeErrors };

export const comfyError = (type: string, message: string, details = '', extra_info: object = {}): ComfyError => ({
  type,
  message,
  details,
  extra_info,
});

const TRACEBACK = ['  File "/opt/ComfyUI/execution.py", line 860, in validate_inputs\n    r = get_input_data(…)\n'];

/** What is wrong with one value; undefined: nothing. */
function wrongValue(input_name: string, spec: InputSpec, received_value: unknown): ComfyError | undefined {
  const extra = { input_name, input_config: {}, received_value };
  const details = `${input_name}: ${JSON.stringify(received_value)}`;
  if (received_value === undefined)
    return comfyError('required_input_missing', 'Required input is missing', input_name, { input_name });
  if (spec.kind === 'combo') {
    if (spec.options.includes(String(received_value))) return undefined;
    return comfyError(
      'value_not_in_list',
      'Value not in list',
      `${details} not in [${spec.options.join(', ')}]`,
      extra,
    );
  }
  if (spec.kind !== 'number') return undefined;
  const value = typeof received_value === 'number' ? received_value : Number.NaN;
  if (Number.isNaN(value)) return comfyError('invalid_input_type', 'Failed to convert an input value', details, extra);
  if (value < spec.min)
    return comfyError('value_smaller_than_min', `Value ${value} smaller than min of ${spec.min}`, details, extra);
  if (value > spec.max)
    return comfyError('value_bigger_than_max', `Value ${value} bigger than max of ${spec.max}`, details, extra);
  return undefined;
}

function nodeErrors(graph: Graph, id: string, { inputs: specs }: NodeClass): ComfyError[] {
  const inputs = graph[id]?.inputs ?? {};
  return Object.entries(specs).flatMap(([name, spec]) => {
    const link = NodeLink.safeParse(inputs[name]);
    if (link.success && graph[link.data[0]] !== undefined) return [];
    if (link.success) {
      const traceback = { exception_type: 'KeyError', traceback: TRACEBACK, linked_node: link.data };
      return [
        comfyError('exception_during_validation', 'Exception when validating node', `'${link.data[0]}'`, traceback),
      ];
    }
    return wrongValue(name, spec, inputs[name]) ?? [];
  });
}

/** Checks a graph as POST `/prompt` does (`execution.py`, validate_prompt). */
export function validateGraph(graph: Graph, classes: ReadonlyMap<string, NodeClass>, dialect: ComfyDialect): Verdict {
  for (const [id, { class_type }] of Object.entries(graph)) {
    if (class_type !== undefined && classes.has(class_type)) continue;
    const type = dialect === '2026' && class_type !== undefined ? 'missing_node_type' : 'invalid_prompt';
    const message = `Cannot execute because node ${class_type ?? ''} does not exist.`;
    return { ok: false, error: comfyError(type, message, `Node ID '#${id}'`), node_errors: {} };
  }
  const classOf = (id: string) => classes.get(graph[id]?.class_type ?? '');
  const outputs = Object.keys(graph).filter((id) => classOf(id)?.isOutput);
  if (outputs.length === 0)
    return { ok: false, error: comfyError('prompt_no_outputs', 'Prompt has no outputs'), node_errors: {} };
  const node_errors: NodeErrors = {};
  const good = outputs.filter((output) => {
    const wrong = [...ancestors(graph, output)].filter((id) => {
      const found = classOf(id);
      const errors = found === undefined ? [] : nodeErrors(graph, id, found);
      if (errors.length === 0) return false;
      const entry = node_errors[id] ?? { errors, dependent_outputs: [], class_type: graph[id]?.class_type ?? '' };
      entry.dependent_outputs.push(output);
      node_errors[id] = entry;
      return true;
    });
    return wrong.length === 0;
  });
  if (good.length > 0) return { ok: true, outputs: good, node_errors };
  const error = comfyError('prompt_outputs_failed_validation', 'Prompt outputs failed validation');
  return { ok: false, error, node_errors };
}
