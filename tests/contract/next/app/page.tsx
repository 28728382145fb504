import { currentSession } from "../session";

export default async function Page() {
  const session = await currentSession();
  return <p>{session ? session.user.email : "signed out"}</p>;
}
