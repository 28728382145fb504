import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The service trusts this origin: another port would have to be in its CorsOrigins.
export default defineConfig({ plugins: [react()], server: { port: 5173, strictPort: true } });
