import { answer } from './answer.ts';

addEventListener('message', async ({ data }) => postMessage(await answer(data)));
