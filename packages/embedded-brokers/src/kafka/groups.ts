import { ErrorCode, KafkaError } from './errors';
import { Group } from './group';

const EXPIRY_CHECK_MS = 500;

/** The consumer groups of the broker. */
export class Groups {
  private readonly groups = new Map<string, Group>();
  private timer?: NodeJS.Timeout;

  constructor() {
    this.start();
  }

  all(): Group[] {
    return [...this.groups.values()];
  }

  find(id: string): Group | undefined {
    return this.groups.get(id);
  }

  /** A group exists from the first time that somebody names it. */
  get(id: string): Group {
    const group = this.groups.get(id) ?? new Group(id);
    this.groups.set(id, group);
    return group;
  }

  delete(id: string): void {
    const group = this.groups.get(id);
    if (!group) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND);
    if (group.members.size > 0) throw new KafkaError(ErrorCode.NON_EMPTY_GROUP);
    this.groups.delete(id);
  }

  forgetTopic(topic: string): void {
    for (const group of this.groups.values()) group.offsets.forgetTopic(topic);
  }

  start(): void {
    this.timer = setInterval(() => this.expireMembers(), EXPIRY_CHECK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private expireMembers(): void {
    for (const group of this.groups.values()) group.expireMembers();
  }
}
