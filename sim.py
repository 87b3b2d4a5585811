import difflib,re
a=open('/tmp/mood_backup3.yaml').read().split('\n');b=open('/tmp/pres2/presentations_mood.yaml').read().split('\n')
print(len(a),len(b), sum(x!=y for x,y in zip(a,b)))
W=lambda s:set(re.findall(r'[a-z]{4,}',re.sub(r', (terms|when|by|also|danger|denies|keep).*','',s.split('say:')[-1]).lower()))
for i,(x,y) in enumerate(zip(a,b),1):
    if x!=y and 'say:' in x and len(W(x))>4 and len(W(x)&W(y))<=1: print(i,'OLD',x.strip()[:150],'\n    NEW',y.strip()[:150])
