import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './tokens.css';
import './base.css';
import { createActionRegistry } from './app/actions.ts';
import { App } from './app/App.tsx';
import { createAppStore } from './app/store.ts';
import { createHostFinder } from './connect/host.ts';

/** From this width on, sidebar and inspector leave the grid four columns or more. */
const ROOMY = 1100;

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root element.');
createRoot(root).render(
  <StrictMode>
    <App store={createAppStore(window.localStorage, window.innerWidth >= ROOMY)} registry={createActionRegistry()} findHost={createHostFinder(window)} />
  </StrictMode>,
);
