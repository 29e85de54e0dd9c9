import { DarkroomError } from '@darkroom/client';
import { ApiErrorBody, apiError, UploadResponse } from '@darkroom/protocol';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a refusal says, whoever wrote it. */
function refusal({ status, responseText }: XMLHttpRequest): DarkroomError {
  const body = ApiErrorBody.safeParse(parsed(responseText));
  const error = body.success ? body.data.error : apiError('SERVER_ERROR', `The server answered ${status}.`);
  return new DarkroomError(error, { status });
}

/**
 * Sends a picture to the server for jobs to begin with; `onProgress` is told the part that is sent, 0–1. By
 * XMLHttpRequest: `fetch` does not tell. Fails with `DarkroomError`; once the signal is aborted nothing is called back.
 */
export function sendPicture(
  picture: Blob,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<UploadResponse['upload']> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    signal.addEventListener('abort', () => request.abort());
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener('error', () => reject(new DarkroomError(apiError('NETWORK_DISCONNECTED'))));
    request.addEventListener('load', () => {
      const answer = UploadResponse.safeParse(parsed(request.responseText));
      if (request.status < 300 && answer.success) resolve(answer.data.upload);
      else reject(refusal(request));
    });
    request.open('POST', '/api/uploads');
    request.setRequestHeader('content-type', picture.type);
    request.setRequestHeader('accept', 'application/json');
    request.send(picture);
  });
}
