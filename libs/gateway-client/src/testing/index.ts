export { fakeGateway, type FakeGatewayOptions } from './fake-gateway.js';
export { type InstanceMembers, listedInstance } from './listed-instance.js';
export {
  type ProblemDocument,
  problemDocument,
  type ProblemFacts,
  problemResponse,
  type ProblemResponseFacts,
} from './problem.js';
