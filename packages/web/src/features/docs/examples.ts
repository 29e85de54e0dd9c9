/** Code to copy. The server's address is the one this page came from. */
export function examplesFor(origin: string) {
  const socket = origin.replace(/^http/, 'ws');
  return {
    create: `curl -X POST ${origin}/api/jobs \\
  -H 'content-type: application/json' \\
  -H 'idempotency-key: my-first-job' \\
  -d '{"prompt": "a lighthouse in a storm", "options": {"size": "512", "steps": 20}}'`,
    poll: `curl '${origin}/api/jobs/JOB_ID?after=0&wait=25'`,
    sse: `curl -N ${origin}/api/jobs/JOB_ID/events`,
    ws: `const socket = new WebSocket('${socket}/ws');

socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.type === 'hello') socket.send(JSON.stringify({ type: 'subscribe', jobId: 'JOB_ID' }));
  if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
  if (message.type === 'event') show(message.event);
  if (message.type === 'events') message.events.forEach(show);
  if (message.type === 'end') socket.close();
};

function show({ seq, stage, percent, previewUrl }) {
  console.log(seq, stage, percent, previewUrl);
}`,
    generate: `curl -N '${origin}/api/generate?prompt=a+lighthouse+in+a+storm&steps=20'

data: {"step":1,"total_steps":20,"image":"<base64>","progress":5}
…
data: [DONE]`,
    error: `{
  "error": {
    "code": "INVALID_REQUEST",
    "message": "options.steps must be at most 50",
    "retryable": false,
    "field": "options.steps"
  }
}`,
  };
}
