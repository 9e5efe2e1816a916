import { collectionCases } from './collections.cases.ts';
import { messageCases } from './messages.cases.ts';
import { useBoard } from './use-board.ts';

const server = useBoard();
collectionCases(server);
messageCases(server);
