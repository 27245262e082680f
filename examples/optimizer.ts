import { Adam, AdamW, type Parameter, RMSprop, SGD } from 'simdgrad';
import type { Settings } from './settings.ts';

/** What training needs of any of them. */
export interface StepsWeights {
  lr: number;
  zeroGrad(): void;
  step(): void;
}

export function makeOptimizer({ optimizer, lr }: Settings, parameters: Parameter[]): StepsWeights {
  switch (optimizer) {
    case 'adam':
      return new Adam(parameters, { lr });
    case 'adamw':
      return new AdamW(parameters, { lr });
    case 'sgd':
      return new SGD(parameters, { lr, momentum: 0.9 });
    case 'rmsprop':
      return new RMSprop(parameters, { lr });
  }
}
