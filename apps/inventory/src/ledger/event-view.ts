export { eventView } from '@cartulary/service';
