import { Button, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

type AnchorProps = Omit<ComponentProps<'a'>, keyof ButtonProps> & ButtonProps;

function AnchorButton(props: AnchorProps) {
  return <Button component="a" {...props} />;
}

/** A button that leads to another address of the app. */
export const LinkButton = createLink(AnchorButton);
