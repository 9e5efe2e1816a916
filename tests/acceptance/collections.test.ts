import { collectionCases } from './collections.cases.ts';
import { useBoard } from './use-board.ts';

collectionCases(useBoard());
