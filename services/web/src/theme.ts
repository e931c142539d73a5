import { createTheme, localStorageColorSchemeManager, type MantineColorsTuple } from '@mantine/core';

const petrol: MantineColorsTuple = [
  '#e9f6f9', '#d5eaef', '#a9d5df', '#7bbfce', '#56adbf', '#3fa2b7', '#2f9bb2', '#16788e', '#0c6478', '#03566a',
]; // prettier-ignore

/** The dark scheme's neutrals, from text to page; cool like the accent. */
const dark: MantineColorsTuple = [
  '#dfe7ea', '#b9c6cc', '#96a6ae', '#6f8089', '#3a4850', '#263137', '#1a2126', '#151b1f', '#0e1316', '#0a0e10',
]; // prettier-ignore

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 8, dark: 7 },
  autoContrast: true,
  colors: { petrol, dark },
  defaultRadius: 'sm',
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.35' },
      h2: { fontSize: '1rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.45' },
    },
  },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true, arrowSize: 6 } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end' } },
    Modal: { styles: { title: { fontWeight: 600, fontSize: '1rem' } }, defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 1 }, closeButtonProps: { 'aria-label': 'Close' } } },
    // The words about a field stand below it, so that fields side by side are level.
    InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    NumberInput: { defaultProps: { clampBehavior: 'blur', allowDecimal: false, allowNegative: false } },
    Select: { defaultProps: { allowDeselect: false, checkIconPosition: 'right' } },
  },
});

export const colorSchemeManager = localStorageColorSchemeManager({ key: 'gueen-color-scheme' });
