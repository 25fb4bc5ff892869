// A phone as clients of the API see it, and what changed about it.
import { Field, ObjectType } from 'type-graphql';

const silent = (description: string) => ({ nullable: true, description }) as const;

@ObjectType({ description: 'One shape for Apple, Samsung, Xiaomi and the rest; null where the provider is silent.' })
export class Device {
  @Field(() => String, silent('What it is called.'))
  name!: string | null;

  @Field(() => String, silent("By the provider, or else by the number's TAC."))
  brand!: string | null;

  @Field(() => String, silent('Which model.'))
  model!: string | null;

  @Field(() => String, silent('The model with memory, colour and what else the provider adds.'))
  modelDescription!: string | null;

  @Field(() => String, silent('A picture of the model.'))
  imageUrl!: string | null;

  @Field(() => String, silent('Its number, as the provider repeats it.'))
  imei!: string | null;

  @Field(() => String, silent('The number of its second SIM.'))
  imei2!: string | null;

  @Field(() => String, silent('Serial number.'))
  serial!: string | null;

  @Field(() => String, silent('Its number in CDMA networks.'))
  meid!: string | null;

  @Field(() => Boolean, silent('Takes the SIM cards of one operator only.'))
  simLock!: boolean | null;

  @Field(() => Boolean, silent('It is tied to an account: Find My is on.'))
  findMyOn!: boolean | null;

  @Field(() => Boolean, silent('Its owner reported it lost.'))
  lostMode!: boolean | null;

  @Field(() => Boolean, silent('A company manages it.'))
  mdmLock!: boolean | null;

  @Field(() => String, silent('What block lists say: Clean, or why it is blocked.'))
  blacklist!: string | null;

  @Field(() => String, silent('Whose networks it is made or locked for.'))
  network!: string | null;

  @Field(() => String, silent('For which market it was made.'))
  region!: string | null;

  @Field(() => String, silent('Where it was bought.'))
  purchaseCountry!: string | null;

  @Field(() => Date, silent('When it was bought, as the provider estimates.'))
  purchasedAt!: Date | null;

  @Field(() => String, silent('In the words of its maker.'))
  warranty!: string | null;

  @Field(() => Boolean, silent('Repairs are covered.'))
  repairCoverage!: boolean | null;

  @Field(() => Boolean, silent('Its maker still helps by telephone.'))
  technicalSupport!: boolean | null;

  @Field(() => Boolean, silent('It was replaced, or is a replacement.'))
  replaced!: boolean | null;

  @Field(() => Boolean, silent('Sold as refurbished.'))
  refurbished!: boolean | null;

  @Field(() => Boolean, silent('A demonstration unit.'))
  demoUnit!: boolean | null;

  @Field(() => Boolean, silent('Lent by its maker during a repair.'))
  loaner!: boolean | null;
}

@ObjectType({ description: 'Something about a device that is different from what an earlier check said.' })
export class DeviceChange {
  @Field(() => String, { description: 'Which field of Device.' })
  field!: string;

  @Field(() => String, silent('What it was; null where it was not known.'))
  before!: string | null;

  @Field(() => String, silent('What it is.'))
  after!: string | null;
}
