import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `make dev` trusts this origin; add any other one to CorsOrigins.
export default defineConfig({ plugins: [react(), tailwindcss()], server: { port: 5173, strictPort: true } });
