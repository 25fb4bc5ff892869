// Where alarms go beside the dashboard and the bot.

export interface Alert {
  readonly id: string;
  readonly kind: string;
  readonly message: string;
  readonly since: string;
}

export interface AlertGateway {
  /** Resolves when it was taken; rejects when it has to be told again. */
  send(alert: Alert): Promise<void>;
}
