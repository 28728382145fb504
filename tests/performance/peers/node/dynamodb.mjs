// On DynamoDB, for which better-auth has no adapter: the thinnest that does what is measured, a query or a put a call.
import { DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { createAdapterFactory } from "better-auth/adapters";
import { serving } from "./serving.mjs";

const client = new DynamoDBClient({});
const put = (table, row) =>
  client.send(new PutItemCommand({ TableName: table, Item: marshall(row, { removeUndefinedValues: true }) }));

async function find(table, [{ field, value }, ...others]) {
  const { Items } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName: field,
      KeyConditionExpression: "#f = :v",
      ExpressionAttributeNames: { "#f": field },
      ExpressionAttributeValues: marshall({ ":v": value }),
    }),
  );
  const rows = Items.map((item) => unmarshall(item));
  return rows.filter((row) => others.every((other) => row[other.field] === other.value));
}

const refuse = () => {
  throw new Error("nobody measures this");
};

const database = createAdapterFactory({
  config: { adapterId: "dynamodb", supportsDates: false, supportsJSON: false },
  adapter: () => ({
    create: async ({ model, data }) => (await put(model, data), data),
    findOne: async ({ model, where }) => (await find(model, where))[0] ?? null,
    findMany: ({ model, where }) => find(model, where),
    ...Object.fromEntries(["update", "updateMany", "delete", "deleteMany", "count"].map((name) => [name, refuse])),
  }),
});

export const handler = serving(database, (task) => put("tasks", task));
