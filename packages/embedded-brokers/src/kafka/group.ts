import { randomUUID } from 'node:crypto';
import { epochMs } from '../clock';
import { CommittedOffsets } from './committed-offsets';
import { ErrorCode } from './errors';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

/** An assignment strategy that a member knows, with what it wants to tell the leader under it. */
export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinRequest {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly sessionTimeout: number;
  readonly rebalanceTimeout: number;
  readonly protocolType: string;
  readonly protocols: readonly GroupProtocol[];
}

export interface JoinResult {
  readonly error: ErrorCode;
  readonly generation: number;
  readonly protocol: string;
  readonly leader: string;
  readonly memberId: string;
  /** For the leader only, who assigns the partitions. */
  readonly members: readonly { readonly id: string; readonly metadata: Buffer }[];
}

export interface SyncResult {
  readonly error: ErrorCode;
  readonly assignment: Buffer;
}

export interface Member extends JoinRequest {
  assignment: Buffer;
  lastSeen: number;
  /** Answers the member's waiting JoinGroup request; a member without one has not (re)joined yet. */
  answerJoin?: (result: JoinResult) => void;
  /** Answers the member's waiting SyncGroup request. */
  answerSync?: (result: SyncResult) => void;
}

/** So long a group that was empty waits for more members: several that start together need only one rebalance. */
const INITIAL_REBALANCE_DELAY_MS = 30;
const NOTHING = Buffer.alloc(0);

/** A consumer group: its members, and the rebalance that brings every one of them to the same generation. */
export class Group {
  state: GroupState = 'Empty';
  protocol = '';
  protocolType = 'consumer';
  readonly members = new Map<string, Member>();
  readonly offsets = new CommittedOffsets();
  private generation = 0;
  private leader = '';
  private waitingForMore = false;
  private rebalanceTimer?: NodeJS.Timeout;

  constructor(readonly id: string) {}

  join(request: JoinRequest): Promise<JoinResult> {
    const memberId = request.memberId || `${request.clientId}-${randomUUID()}`;
    const known = this.members.get(memberId);
    if (request.memberId && !known) return Promise.resolve(failedJoin(ErrorCode.UNKNOWN_MEMBER_ID, memberId));
    if (!this.sharesProtocol(memberId, request)) {
      return Promise.resolve(failedJoin(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId));
    }
    this.protocolType = request.protocolType;
    return new Promise(answerJoin => {
      known?.answerJoin?.(failedJoin(ErrorCode.REBALANCE_IN_PROGRESS, memberId));
      const member = { ...request, memberId, assignment: NOTHING, lastSeen: epochMs(), answerJoin };
      this.members.set(memberId, member);
      this.rebalance();
    });
  }

  sync(memberId: string, generation: number, assignments: ReadonlyMap<string, Buffer>): Promise<SyncResult> {
    const error = this.check(memberId, generation);
    const member = this.members.get(memberId);
    if (error || !member) return Promise.resolve({ error, assignment: NOTHING });
    if (this.state === 'Stable') return Promise.resolve({ error, assignment: member.assignment });
    return new Promise(answerSync => {
      member.answerSync = answerSync;
      if (memberId === this.leader) this.distribute(assignments);
    });
  }

  leave(memberId: string): ErrorCode {
    const member = this.members.get(memberId);
    if (!member) return ErrorCode.UNKNOWN_MEMBER_ID;
    this.members.delete(memberId);
    member.answerJoin?.(failedJoin(ErrorCode.UNKNOWN_MEMBER_ID, memberId));
    member.answerSync?.({ error: ErrorCode.UNKNOWN_MEMBER_ID, assignment: NOTHING });
    if (this.members.size > 0) this.rebalance();
    else this.empty();
    return ErrorCode.NONE;
  }

  /** Whether a member's request belongs to the present generation; counts as a sign of life. */
  check(memberId: string, generation: number): ErrorCode {
    const member = this.members.get(memberId);
    if (!member) return ErrorCode.UNKNOWN_MEMBER_ID;
    member.lastSeen = epochMs();
    if (generation !== this.generation) return ErrorCode.ILLEGAL_GENERATION;
    return this.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Removes the members that have been silent for longer than their session timeout. */
  expireMembers(): void {
    for (const member of [...this.members.values()]) {
      if (!member.answerJoin && epochMs() - member.lastSeen > member.sessionTimeout) this.leave(member.memberId);
    }
  }

  metadataOf(member: Member): Buffer {
    return member.protocols.find(protocol => protocol.name === this.protocol)?.metadata ?? NOTHING;
  }

  private rebalance(): void {
    if (this.state !== 'PreparingRebalance') this.beginRebalance();
    this.completeIfAllJoined();
  }

  /** The other members learn about it from their next heartbeat, and join again. */
  private beginRebalance(): void {
    if (this.state === 'Empty') this.waitForMore();
    this.state = 'PreparingRebalance';
    for (const member of this.members.values()) {
      member.answerSync?.({ error: ErrorCode.REBALANCE_IN_PROGRESS, assignment: NOTHING });
      member.answerSync = undefined;
    }
    const timeout = Math.max(...[...this.members.values()].map(member => member.rebalanceTimeout));
    this.rebalanceTimer = setTimeout(() => this.completeRebalance(), timeout).unref();
  }

  private waitForMore(): void {
    this.waitingForMore = true;
    const stopWaiting = () => {
      this.waitingForMore = false;
      this.completeIfAllJoined();
    };
    setTimeout(stopWaiting, INITIAL_REBALANCE_DELAY_MS).unref();
  }

  private completeIfAllJoined(): void {
    if (this.state !== 'PreparingRebalance' || this.waitingForMore) return;
    if ([...this.members.values()].every(member => member.answerJoin)) this.completeRebalance();
  }

  private completeRebalance(): void {
    clearTimeout(this.rebalanceTimer);
    for (const member of [...this.members.values()]) if (!member.answerJoin) this.members.delete(member.memberId);
    const members = [...this.members.values()];
    if (members.length === 0) return this.empty();
    this.generation++;
    this.state = 'CompletingRebalance';
    if (!this.members.has(this.leader)) this.leader = members[0].memberId;
    this.protocol = commonProtocol(members) ?? '';
    for (const member of members) this.answer(member);
  }

  private answer(member: Member): void {
    const { generation, protocol, leader } = this;
    const { memberId, answerJoin } = member;
    const all = [...this.members.values()].map(each => ({ id: each.memberId, metadata: this.metadataOf(each) }));
    member.answerJoin = undefined;
    member.lastSeen = epochMs();
    const members = memberId === leader ? all : [];
    answerJoin?.({ error: ErrorCode.NONE, generation, protocol, leader, memberId, members });
  }

  private distribute(assignments: ReadonlyMap<string, Buffer>): void {
    this.state = 'Stable';
    for (const member of this.members.values()) {
      member.assignment = assignments.get(member.memberId) ?? NOTHING;
      member.answerSync?.({ error: ErrorCode.NONE, assignment: member.assignment });
      member.answerSync = undefined;
    }
  }

  private empty(): void {
    clearTimeout(this.rebalanceTimer);
    this.state = 'Empty';
  }

  private sharesProtocol(memberId: string, request: JoinRequest): boolean {
    const others = [...this.members.values()].filter(member => member.memberId !== memberId);
    return commonProtocol([request, ...others]) !== undefined;
  }
}

/** The first strategy of the first member that every other one knows too. */
function commonProtocol(members: readonly Pick<JoinRequest, 'protocols'>[]): string | undefined {
  const knows = (member: Pick<JoinRequest, 'protocols'>, name: string) =>
    member.protocols.some(protocol => protocol.name === name);
  return members[0].protocols.find(({ name }) => members.every(member => knows(member, name)))?.name;
}

function failedJoin(error: ErrorCode, memberId: string): JoinResult {
  return { error, generation: -1, protocol: '', leader: '', memberId, members: [] };
}
