"""The field names that Kubernetes 1.34 knows, where podwalk looks for slips. Source: k8s.io/api core/v1 types.go."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TOP = _words("apiVersion kind metadata spec status")

METADATA = _words(
    "annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation "
    "labels managedFields name namespace ownerReferences resourceVersion selfLink uid"
)

POD_SPEC = _words(
    "activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks "
    "ephemeralContainers hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets "
    "initContainers nodeName nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates "
    "resourceClaims resources restartPolicy runtimeClassName schedulerName schedulingGates securityContext "
    "serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain "
    "terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes"
)

CONTAINER = _words(
    "args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resizePolicy "
    "resources restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath "
    "terminationMessagePolicy tty volumeDevices volumeMounts workingDir"
)

CONTAINER_PORT = _words("containerPort hostIP hostPort name protocol")

NODE_SPEC = _words("configSource externalID podCIDR podCIDRs providerID taints unschedulable")

CLUSTER_SCOPED = _words(
    "APIService CertificateSigningRequest ClusterRole ClusterRoleBinding CSIDriver CSINode CustomResourceDefinition "
    "FlowSchema GatewayClass IngressClass IPAddress MutatingWebhookConfiguration Namespace Node PersistentVolume "
    "PriorityClass PriorityLevelConfiguration RuntimeClass ServiceCIDR StorageClass ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment"
)
"""Kinds without a namespace. An object of any other kind without `metadata.namespace` is in `default`."""

SERVICE_SPEC = _words(
    "allocateLoadBalancerNodePorts clusterIP clusterIPs externalIPs externalName externalTrafficPolicy "
    "healthCheckNodePort internalTrafficPolicy ipFamilies ipFamilyPolicy loadBalancerClass loadBalancerIP "
    "loadBalancerSourceRanges ports publishNotReadyAddresses selector sessionAffinity sessionAffinityConfig "
    "trafficDistribution type topologyKeys ipFamily"
)

SERVICE_PORT = _words("appProtocol name nodePort port protocol targetPort")

ENDPOINT_SLICE = _words("addressType apiVersion endpoints kind metadata ports")

ENDPOINT = _words("addresses conditions deprecatedTopology hints hostname nodeName targetRef topology zone")

ENDPOINTS = _words("apiVersion kind metadata subsets")
