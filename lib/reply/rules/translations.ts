/** Words of replies in languages other than English, in the form that `wording` returns (without accents, but not only ASCII): German,
 * French, Spanish, Italian, Portuguese, Dutch, Polish, Turkish, Russian, Chinese and Japanese, as observed from servers. Alternatives
 * outside the Latin script have no `\b`, since JavaScript recognizes only ASCII words. */
const either = (...patterns: RegExp[]): RegExp => new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'))

export const TRANSLATED = {
  greylisted: either(
    /\bgrauliste|\bgraulisting|\blistes? grises?\b|\bliste grise|\blista (?:gris|grigia|cinza)\b|\bgrijze lijst|\bszar[ae]j? li[sś]/,
    /\bgri liste|сер(?:ый|ого|ом) спис|灰名单|グレーリスト/,
  ),
  listed: either(
    /\b(?:schwarzen?|sperr) ?liste|\bliste noire|\blista (?:negra|nera)\b|\bzwarte lijst|\bczarn(?:a|ej) li[sś]|\bkara liste/,
    /\b(?:listad[oa]|gelistet|listee?|repertoriee?|elencat[oa]|vermeld|kay[iı]tl[iı])\b.{0,30}\b(?:host|url|addresslist|rbl|dnsbl)\b/,
    /ч[её]рн(?:ый|ого|ом) спис|黑名单|ブラックリスト/,
  ),
  pace: either(
    /\bzu viele? (?:nachrichten|verbindungen|e-?mails|mails|empfanger|verbindungsversuche)|\btrop de (?:messages|connexions|mails|courriels|destinataires)/,
    /\bdemasiad[oa]s (?:mensajes|conexiones|correos|destinatarios)|\btropp[ie] (?:messaggi|connessioni|destinatari|mail)/,
    /\bte veel (?:berichten|verbindingen|mails|ontvangers)|\bmuit[oa]s (?:mensagens|conexoes|destinatarios)|\bzbyt wiele\b|\bcok fazla\b/,
    /слишком (?:много|часто)|频率|频繁|过多的?(?:连接|邮件)|超过.{0,8}(?:频率|连接数)|頻度|接続が多すぎ/,
  ),
  full: either(
    /\b(?:postfach|mailbox|speicherplatz|speichervolumen|kontingent)\b.{0,40}\b(?:voll|uberfullt|uberschritten|ueberschritten|erschopft)\b/,
    /\b(?:boite|quota)\b.{0,40}\b(?:pleine|depasse)|\b(?:buzon|cuota)\b.{0,30}\b(?:llen[oa]|excedid[oa]|superad[oa])\b/,
    /\b(?:casella|quota)\b.{0,30}\b(?:piena|superata|esaurit[oa])\b|\b(?:caixa|cota)\b.{0,30}\b(?:cheia|excedida|esgotada)\b/,
    /\b(?:postvak|mailbox)\b.{0,20}\bvol\b|\bskrzynka\b.{0,40}(?:pe[lł]na|przepe[lł]niona)|\bkota(?:si)?\b.{0,20}(?:dolu|as[iı]ld)|\bkutusu\b.{0,10}dolu/,
    /ящик.{0,20}(?:переполнен|заполнен)|превышена? квот|(?:邮箱|信箱|空间).{0,6}(?:已?满|不足)|容量.{0,10}(?:超|不足)|メールボックス.{0,12}(?:一杯|いっぱい|超)/,
  ),
  unknownUser: either(
    /\b(?:be)?nutzer\b.{0,60}\b(?:unbekannt|existiert nicht|nicht (?:gefunden|vorhanden|bekannt))\b|\b(?:empfanger|adresse|konto|postfach)\b.{0,60}\b(?:unbekannt|existiert nicht|nicht (?:gefunden|vorhanden|bekannt)|ungultig)\b/,
    /\b(?:utilisateur|destinataire|adresse|compte|boite)\b.{0,60}\b(?:inconnue?\b|n'existe pas|inexistante?\b|introuvable|invalide\b)/,
    /\b(?:usuario|destinatario|buzon|direccion|cuenta)\b.{0,60}\b(?:desconocid[oa]|no existe|inexistente|no encontrad[oa])\b/,
    /\b(?:utente|destinatario|casella|indirizzo)\b.{0,60}\b(?:sconosciut[oa]|inesistente|non esiste(?:nte)?|non trovat[oa])\b/,
    /\b(?:usuario|destinatario|caixa|endereco|conta)\b.{0,60}\b(?:desconhecid[oa]|inexistente|nao existe|nao encontrad[oa])\b/,
    /\b(?:gebruiker|ontvanger|adres|postvak)\b.{0,60}\b(?:onbekend|bestaat niet)\b|\bnie istnieje\b|\bnieznany (?:uzytkownik|u[zż]ytkownik|odbiorca|adresat)/,
    /\b(?:kullan[iı]c[iı]|al[iı]c[iı]|adres)\b.{0,40}(?:bulunamad|mevcut de[gğ]il|\byok\b)|не (?:существует|найден)|нет такого (?:пользоват|адрес|ящик)|неизвестный (?:пользоват|получат|адрес)/,
    /(?:用户|使用者|收件人|帐号|账号|邮箱|地址).{0,6}不存在|(?:ユーザー?|宛先|アドレス|メールボックス).{0,16}(?:存在しません|見つかりません|不明)/,
  ),
  destination:
    /\b(?:domane|domaine|dominio|domein)\b.{0,60}\b(?:existiert nicht|nicht gefunden|n'existe pas|inconnu|no existe|nao existe|non esiste|inesistente|inexistente|bestaat niet)\b/,
  disabled:
    /(?:邮箱|用户|帐号|账号).{0,6}(?:已?被?(?:禁用|停用|冻结|锁定))|(?:учетная запись|ящик).{0,20}(?:заблокирован|отключен)|\b(?:conta|caixa|cuenta|casilla|buzon|casella)\b.{0,40}\b(?:desativad|expirad|caducad|desactivad|suspendid|suspens|bloquead|inactiv|deshabilitad|disattivat|sospes|disabilitat|scadut)|\b(?:konto|skrzynka)\b.{0,30}\b(?:zablokowan|nieaktywn)|\bpostvak\b.{0,30}\b(?:geblokkeerd|opgeheven)/,
  relay: either(
    /\bweiterleitung\b.{0,40}\b(?:nicht|verweigert|abgelehnt)\b|\brelais\b.{0,30}\b(?:refuse|interdit|non)|\brelay(?:ing)?\b.{0,20}\b(?:nicht|non|no)\b/,
    /\b(?:retransmissao|reenvio|reenvio de correo|retransmision)\b.{0,30}\b(?:negad[oa]|no permitid[oa]|nao permitid[oa])|ретрансляц|пересылка запрещ|中继|中継/,
  ),
  reverseDns:
    /逆引き|反向(?:解析|域名)|反解|обратн\S{0,4} (?:dns|зон|запис)|\b(?:dns|resolution|resolucion|risoluzione) (?:inverse|inverso|invers[oa])\b|\bdns reverso\b/,
  tooLarge:
    /\b(?:nachricht|mail)\b.{0,30}\bzu (?:gross|groß|lang)|\bmessage\b.{0,20}\btrop (?:gros|volumineux|long)|\bmensaje\b.{0,30}\bdemasiado grande|\bmessaggio\b.{0,30}\btroppo grande|\bmensagem\b.{0,30}\bmuito grande|邮件.{0,8}(?:过大|太大)|(?:размер|превышает).{0,30}(?:сообщени|письм)\S{0,3}.{0,20}(?:превыш|размер|больш)/,
  virus: /ウイルス|ウィルス|病毒|вирус/,
  spam: /垃圾邮件|スパム|迷惑メール|спам/,
} as const
