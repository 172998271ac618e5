"""wget: GNU's, and BusyBox's in a Pod whose image is busybox. Held against GNU Wget 1.21.3 and BusyBox 1.35.0."""
