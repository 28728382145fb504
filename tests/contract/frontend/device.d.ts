// What the snippet for Expo uses of packages that are not installed here.

declare module "expo-secure-store" {
  export function getItem(key: string): string | null;
  export function setItem(key: string, value: string): void;
  export function getItemAsync(key: string): Promise<string | null>;
  export function setItemAsync(key: string, value: string): Promise<void>;
}
